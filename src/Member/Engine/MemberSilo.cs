using Krewe.Placement;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Krewe.Member.Engine;

/// <summary>The engine's settings that all our processes have, alone or in a cluster.</summary>
internal static class MemberSilo
{
    /// <summary>The name of the grain storage.</summary>
    public const string Name = "krewe";

    /// <summary>How large a message may be, and how long a grain of the control plane stays in memory without a call.</summary>
    public static void Configure(ISiloBuilder silo, long maxMessageBytes, TimeSpan grainIdleTime)
    {
        silo.Configure<SiloMessagingOptions>(messaging => messaging.MaxMessageBodySize = (int)maxMessageBytes);
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = grainIdleTime);
        silo.AddKrewePlacement();
        silo.Services.AddSingleton<IFatalErrorHandler, OrderlyEnd>();
    }
}
