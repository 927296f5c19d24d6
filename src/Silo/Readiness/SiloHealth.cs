using Krewe.Abstractions.Hosting;
using Krewe.Serving.Node;
using Krewe.Silo.Admin;
using Krewe.Silo.Settings;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Silo.Readiness;

/// <summary>Adds a silo's readiness checks, metrics and admin password.</summary>
internal static class SiloHealth
{
    public static IServiceCollection AddSiloHealth(this IServiceCollection services, SiloOptions options)
    {
        services.AddSingleton<IReadinessCheck, MemberCheck>();
        services.AddSingleton<IReadinessCheck, RepositoryCheck>();

        // Each silo is asked for its own metrics.
        services.RemoveAll<ISiloMetrics>();
        if (options.AdminPassword is { } password)
        {
            services.AddSingleton(new AdminPassword(password));
        }

        return services;
    }
}

/// <summary>Ready while this silo is an active member of the cluster.</summary>
internal sealed class MemberCheck(ISiloStatusOracle members) : IReadinessCheck
{
    public ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken) =>
        new(members.CurrentStatus == Orleans.Runtime.SiloStatus.Active
            ? HostReadiness.Ready
            : HostReadiness.NotReady($"this silo is not an active member of the cluster: its status is {members.CurrentStatus}"));
}

/// <summary>Ready once all models found at startup are known, while this silo serves.</summary>
internal sealed class RepositoryCheck(IServingNode node) : IReadinessCheck
{
    public ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken) => node.Settling is { Length: > 0 } reason
        ? new(HostReadiness.NotReady(reason))
        : node.Host.GetReadinessAsync(cancellationToken);
}
