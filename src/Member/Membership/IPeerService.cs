using Orleans.Services;

namespace Krewe.Member;

/// <summary>What members answer each other when they wonder whether a third one lives. Needs no grain directory.</summary>
[Alias("krewe.peers")]
internal interface IPeerService : IGrainService
{
    /// <summary>Answers, and so shows that this member lives.</summary>
    [ResponseTimeout("00:00:01"), Alias("ping")]
    Task PingAsync();

    /// <summary>What this member sees of another.</summary>
    [ResponseTimeout("00:00:03"), Alias("look")]
    Task<PeerState> LookAsync(SiloAddress silo);
}
