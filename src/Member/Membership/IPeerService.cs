using Orleans.Services;

namespace Krewe.Member.Membership;

/// <summary>Lets members ask each other whether a third one is alive. Needs no grain directory.</summary>
[Alias("krewe.peers")]
internal interface IPeerService : IGrainService
{
    /// <summary>Answers, which shows that this member is alive.</summary>
    [ResponseTimeout("00:00:02"), Alias("ping")]
    Task PingAsync();

    /// <summary>Probes another member from this one.</summary>
    [ResponseTimeout("00:00:04"), Alias("look")]
    Task<PeerState> ProbeAsync(SiloAddress silo);
}

/// <summary>The result of a probe.</summary>
[GenerateSerializer, Alias("krewe.peer-state")]
internal enum PeerState
{
    /// <summary>It answers messages.</summary>
    Answering,

    /// <summary>It accepts connections and answers no message in time: it hangs or is overloaded.</summary>
    Listening,

    /// <summary>Connections are refused: no process listens there, or a firewall rejects them.</summary>
    Refusing,

    /// <summary>No answer in time, or no route.</summary>
    Silent,
}
