using Krewe.Abstractions.Hosting;
using Krewe.Member.Database;
using Krewe.Silo.Settings;

namespace Krewe.Silo.Cluster;

/// <summary>Configures a silo as a member of a cluster.</summary>
internal static class ClusterMember
{
    /// <summary>The time allowed for leaving the cluster, after draining and answering.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(30);

    /// <summary>Called after the HTTP side was added; see <see cref="DrainSequence"/>.</summary>
    public static void AddClusterStop(this IServiceCollection services, SiloOptions options)
    {
        services.AddSingleton<DrainSequence>();
        services.AddHostedService(static provider => provider.GetRequiredService<DrainSequence>());
        services.AddSingleton<IReadinessCheck>(static provider => provider.GetRequiredService<DrainSequence>());
        services.AddSingleton<IReadinessCheck, DatabaseCheck>();
        services.PostConfigure<HostOptions>(host => host.ShutdownTimeout += options.Krewe.Node.DrainLimit + LeaveTime);
    }
}

/// <summary>
/// Ready while the database is available. During an outage calls are served, but failed members cannot be declared dead and nothing can be
/// recorded, so operators should know.
/// </summary>
internal sealed class DatabaseCheck(DatabaseHealth database) : IReadinessCheck
{
    public ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken) =>
        new(database.Problem is { } problem ? HostReadiness.NotReady(problem) : HostReadiness.Ready);
}
