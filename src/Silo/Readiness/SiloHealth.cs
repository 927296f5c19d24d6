using Krewe.Abstractions;

namespace Krewe.Silo;

/// <summary>Adds what a silo needs for its readiness, its metrics and its port for operators.</summary>
internal static class SiloHealth
{
    public static IServiceCollection AddSiloHealth(this IServiceCollection services, SiloOptions options)
    {
        services.AddSingleton<IReadinessCheck, MemberCheck>();
        services.AddSingleton<IReadinessCheck, RepositoryCheck>();
        services.AddSingleton<IMetricSource, LocalMetrics>();
        if (options.AdminPassword is { } password)
        {
            services.AddSingleton(new AdminPassword(password));
        }

        return services;
    }
}
