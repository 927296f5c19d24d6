using Krewe.Launch.Members;
using Krewe.Member.Hosting;
using Krewe.Silo.Settings;

namespace Krewe.Silo.OneProcess;

/// <summary>What a silo is by itself: the front door in front of it, and nobody beside it.</summary>
internal static class OneProcess
{
    /// <summary>What the engine's stop may take beyond answering.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(10);

    public static void AddOneProcess(this WebApplicationBuilder builder, SiloOptions options, MemberPlace place, Action<ISiloBuilder> host)
    {
        builder.AddKreweSingleSilo(options.ToSingle(place), host);

        // Services start in this order and stop in the reverse, and what listens comes last.
        builder.Services.AddHostedService<StoredDecisions>();
        builder.Services.PostConfigure<HostOptions>(static host => host.ShutdownTimeout += LeaveTime);
    }
}
