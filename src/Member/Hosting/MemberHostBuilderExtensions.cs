using Krewe.Abstractions.Errors;
using Krewe.Member.Database;
using Krewe.Member.Engine;
using Krewe.Member.Membership;
using Krewe.Member.OneProcess;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Hosting;

/// <summary>
/// Makes a host a silo: a member of a cluster, or a single one. Placement needs an <c>IClusterSnapshotSource</c>, which the caller
/// registers.
/// </summary>
public static class MemberHostBuilderExtensions
{
    /// <summary>
    /// Adds a cluster member. The host's start waits for the database, sets up its tables, and joins; it throws
    /// <see cref="KreweException"/> on failure. Invalid options throw here, with every error.
    /// </summary>
    /// <param name="builder">The host, which may be a web application.</param>
    /// <param name="options">The member's identity and addresses; not changed afterwards.</param>
    /// <param name="more">Further Orleans settings.</param>
    public static IHostApplicationBuilder AddKreweMember(
        this IHostApplicationBuilder builder, MemberOptions options, Action<ISiloBuilder>? more = null)
    {
        if (options.FindErrors().ToArray() is { Length: > 0 } errors)
        {
            throw KreweException.InvalidInput(string.Join("; ", errors));
        }

        AddDatabase(builder.Services, options);
        return builder.UseOrleans(silo =>
        {
            MemberSilo.Configure(silo, options.MaxMessageBytes, options.GrainIdleTime);
            ClusterSilo.Configure(silo, options);
            more?.Invoke(silo);
        });
    }

    /// <summary>Adds a single silo: no other silo can join, and only this process calls its grains. State is stored in files.</summary>
    /// <param name="builder">The host, which may be a web application.</param>
    /// <param name="options">The silo's name, folder and port.</param>
    /// <param name="more">Further Orleans settings.</param>
    public static IHostApplicationBuilder AddKreweSingleSilo(
        this IHostApplicationBuilder builder, SingleSiloOptions options, Action<ISiloBuilder>? more = null)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        var defaults = new MemberOptions();
        return builder.UseOrleans(silo =>
        {
            MemberSilo.Configure(silo, defaults.MaxMessageBytes, defaults.GrainIdleTime);
            SingleSilo.Configure(silo, options);
            more?.Invoke(silo);
        });
    }

    private static void AddDatabase(IServiceCollection services, MemberOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<DatabaseConnections>();
        services.AddSingleton<DatabaseClock>();
        services.AddSingleton(provider => new DatabaseSetup(
            provider.GetRequiredService<DatabaseConnections>(), provider.GetRequiredService<DatabaseClock>(), options,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<DatabaseSetup>>()));
        services.AddSingleton(provider => new DatabaseHealth(
            provider.GetRequiredService<DatabaseConnections>(), provider.GetRequiredService<DatabaseClock>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<DatabaseHealth>>()));
        services.AddHostedService<DatabaseStart>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseHealth>());
    }
}
