using Krewe.Grains;
using Krewe.Grains.Hosting;
using Krewe.Launch.Members;
using Krewe.Launch.Start;
using Krewe.Member;
using Krewe.Member.OneProcess;
using Krewe.Serving;

namespace Krewe.Silo.Settings;

/// <summary>Hands what was set to the parts of the program; what was not set keeps their defaults.</summary>
internal static class OptionsTransfer
{
    public static void CopyTo(this SiloOptions options, KreweOptions krewe)
    {
        options.CopyTo(krewe.Serving);
        options.CopyTo(krewe.Node);
        krewe.CallsModels = options.IsAlone || options.HttpPort is not null;
    }

    public static void CopyTo(this SiloOptions options, ServingOptions serving)
    {
        serving.Repository.Root = options.Models;
        serving.Repository.PollInterval = options.PollInterval ?? serving.Repository.PollInterval;
        serving.Devices = options.Devices;
        serving.MemoryBudgetBytes = options.MemoryBudgetBytes ?? serving.MemoryBudgetBytes;
        serving.IdleTime = options.IdleTime ?? serving.IdleTime;
        serving.RunnerThreads = options.Runners ?? serving.RunnerThreads;
        serving.LoadThreads = options.LoadThreads ?? serving.LoadThreads;
        serving.IntraOpThreads = options.IntraOpThreads ?? serving.IntraOpThreads;
    }

    public static void CopyTo(this SiloOptions options, NodeOptions node)
    {
        node.DrainLimit = options.DrainTime;
        node.IsAlone = options.IsAlone;
        foreach (var (name, value) in options.Labels)
        {
            node.Labels[name] = value;
        }
    }

    public static MemberOptions ToMember(this SiloOptions options, MemberPlace place) => new()
    {
        Database = place.Database,
        DatabaseWait = options.DatabaseWait,
        ClusterId = options.ClusterId,
        SiloName = place.Name,
        AdvertisedAddress = place.Advertised,
        SiloPort = place.SiloPort,
        ClientPort = place.ClientPort,
    };

    public static SingleSiloOptions ToSingle(this SiloOptions options, MemberPlace place) => new()
    {
        StateFolder = Path.GetFullPath(options.State ?? Path.Combine(options.Models, ".krewe")),
        SiloName = place.Name,
        EnginePort = place.SiloPort,
    };

    /// <summary>Where a silo listens, for the words about a port in use.</summary>
    public static IReadOnlyList<ListenEndpoint> Endpoints(this SiloOptions options)
    {
        var admin = new ListenEndpoint(options.AdminBind, options.AdminPort, "--admin-port", "--admin-bind");
        return options.HttpPort is { } port ? [new ListenEndpoint(options.Bind, port, "--http-port", "--bind"), admin] : [admin];
    }

    /// <summary>The same, with where it listens for members and clients.</summary>
    public static IReadOnlyList<ListenEndpoint> Endpoints(this SiloOptions options, MemberPlace place)
    {
        var address = options.ToMember(place).EffectiveListenAddress;
        var members = new ListenEndpoint(address, place.SiloPort, "--silo-port", "--advertise") { IsShared = true };
        return options.IsAlone
            ? [.. options.Endpoints(), members]
            : [.. options.Endpoints(), members, new(address, place.ClientPort ?? 0, "--client-port", "--advertise") { IsShared = true }];
    }
}
