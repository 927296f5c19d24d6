using Krewe.Placement;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Krewe.Member.Engine;

/// <summary>Orleans settings shared by all our silos, single or clustered.</summary>
internal static class MemberSilo
{
    /// <summary>The name of the grain storage.</summary>
    public const string Name = "krewe";

    /// <summary>Grains whose silo is remembered. Orleans' default of a million reserves 17 MB more of the heap.</summary>
    private const int DirectoryCacheSize = 100_000;

    /// <summary>Sets the message size limit, and how long an idle control-plane grain stays in memory.</summary>
    public static void Configure(ISiloBuilder silo, long maxMessageBytes, TimeSpan grainIdleTime)
    {
        silo.Configure<SiloMessagingOptions>(messaging => messaging.MaxMessageBodySize = (int)maxMessageBytes);
        silo.Configure<GrainDirectoryOptions>(static directory => directory.CacheSize = DirectoryCacheSize);
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = grainIdleTime);
        silo.AddKrewePlacement();
        silo.Services.AddSingleton<IFatalErrorHandler, GracefulFatalErrorHandler>();
    }
}
