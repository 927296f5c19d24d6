using Microsoft.Extensions.Logging;

namespace Krewe.Member;

/// <summary>Answers for this member.</summary>
internal sealed class PeerService(GrainId id, Silo silo, ILoggerFactory loggers, PeerClient peers) : GrainService(id, silo, loggers), IPeerService
{
    public Task PingAsync() => Task.CompletedTask;

    public Task<PeerState> LookAsync(SiloAddress target) => peers.LookAsync(target);
}
