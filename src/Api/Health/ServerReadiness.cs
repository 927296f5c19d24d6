using Krewe.Abstractions.Hosting;
using Krewe.Api.Stopping;

namespace Krewe.Api.Health;

/// <summary>Whether this server is ready: its host, and every further condition of the process.</summary>
internal sealed class ServerReadiness(IModelHost host, IEnumerable<IReadinessCheck> checks, StopSignal stop)
{
    private readonly IReadinessCheck[] checks = [.. checks];

    /// <summary>Ready, or the first reason why not.</summary>
    public async ValueTask<HostReadiness> DecideAsync(CancellationToken cancellationToken)
    {
        if (stop.IsStopping)
        {
            return HostReadiness.NotReady("stopping");
        }

        foreach (var check in checks)
        {
            if (await check.CheckAsync(cancellationToken) is { IsReady: false } objection)
            {
                return objection;
            }
        }

        return await host.GetReadinessAsync(cancellationToken);
    }
}
