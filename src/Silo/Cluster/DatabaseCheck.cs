using Krewe.Abstractions;
using Krewe.Member;

namespace Krewe.Silo;

/// <summary>
/// Ready while the database answers. Without it calls go on, but no failure of a member can be declared and nothing can be
/// recorded, so operators should know.
/// </summary>
internal sealed class DatabaseCheck(DatabaseHealth database) : IReadinessCheck
{
    public ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken) =>
        new(database.Problem is { } problem ? HostReadiness.NotReady(problem) : HostReadiness.Ready);
}
