using Krewe.Abstractions;

namespace Krewe.Silo;

/// <summary>Adds what a silo needs for its readiness, its metrics and its stop.</summary>
internal static class SiloHealth
{
    /// <summary>What leaving the cluster may take beyond moving models and answering.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(30);

    /// <summary>Called after the HTTP side was added; see <see cref="DrainSequence"/>.</summary>
    public static IServiceCollection AddSiloHealth(this IServiceCollection services, SiloOptions options)
    {
        services.AddSingleton<DrainSequence>();
        services.AddHostedService(static provider => provider.GetRequiredService<DrainSequence>());
        services.AddSingleton<IReadinessCheck>(static provider => provider.GetRequiredService<DrainSequence>());
        services.AddSingleton<IReadinessCheck, MemberCheck>();
        services.AddSingleton<IReadinessCheck, DatabaseCheck>();
        services.AddSingleton<IReadinessCheck, RepositoryCheck>();
        services.AddSingleton<IMetricSource, LocalMetrics>();
        services.PostConfigure<HostOptions>(host => host.ShutdownTimeout += options.DrainTime + LeaveTime);
        if (options.AdminPassword is { } password)
        {
            services.AddSingleton(new AdminPassword(password));
        }

        return services;
    }
}
