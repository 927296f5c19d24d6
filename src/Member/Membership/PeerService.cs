using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Member;

/// <summary>Answers for this member. What the engine would log of the service's start concerns nobody.</summary>
internal sealed class PeerService(GrainId id, Silo silo, PeerClient peers) : GrainService(id, silo, NullLoggerFactory.Instance), IPeerService
{
    public Task PingAsync() => Task.CompletedTask;

    public Task<PeerState> LookAsync(SiloAddress target) => peers.LookAsync(target);
}
