using Orleans.Services;

namespace Krewe.Member.Membership;

/// <summary>What members answer each other when they wonder whether a third one lives. Needs no grain directory.</summary>
[Alias("krewe.peers")]
internal interface IPeerService : IGrainService
{
    /// <summary>Answers, and so shows that this member lives.</summary>
    [ResponseTimeout("00:00:02"), Alias("ping")]
    Task PingAsync();

    /// <summary>What this member sees of another.</summary>
    [ResponseTimeout("00:00:04"), Alias("look")]
    Task<PeerState> LookAsync(SiloAddress silo);
}

/// <summary>What one member sees of another when it looks.</summary>
[GenerateSerializer, Alias("krewe.peer-state")]
internal enum PeerState
{
    /// <summary>It answers messages.</summary>
    Answering,

    /// <summary>It accepts connections and answers no message in time: it hangs, or is very busy.</summary>
    Listening,

    /// <summary>Connections are refused: nobody listens there, or something on the way rejects.</summary>
    Refusing,

    /// <summary>No answer in time, or no way there.</summary>
    Silent,
}
