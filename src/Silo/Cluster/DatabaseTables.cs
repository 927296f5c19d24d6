using Krewe.Launch.Logging;
using Krewe.Member.Database;
using Krewe.Silo.Settings;

namespace Krewe.Silo.Cluster;

/// <summary>Implements <c>--init-db</c>.</summary>
internal static class DatabaseTables
{
    /// <summary>Creates or upgrades the tables, and reports it.</summary>
    public static async Task ApplyAsync(SiloOptions options, TextWriter output)
    {
        var startup = new StartupPhase();
        using var logging = LoggerFactory.Create(builder => builder.AddKreweConsole(options, startup));
        await DatabaseSetup.ApplyAsync(
            options.Member, TimeProvider.System, logging.CreateLogger<DatabaseSetup>(), CancellationToken.None);
        await output.WriteLineAsync("The tables of the cluster exist and are up to date.");
    }
}
