using Krewe.Launch.Logging;
using Krewe.Launch.Members;
using Krewe.Member.Database;
using Krewe.Silo.Settings;

namespace Krewe.Silo.Cluster;

/// <summary>What <c>--init-db</c> does.</summary>
internal static class DatabaseTables
{
    /// <summary>Creates the tables or brings them up to date, and says so.</summary>
    public static async Task ApplyAsync(SiloOptions options, MemberPlace place, TextWriter output)
    {
        var quiet = new StartQuiet();
        using var logging = LoggerFactory.Create(builder => builder.AddKreweConsole(options, quiet));
        await DatabaseSetup.ApplyAsync(
            options.ToMember(place), TimeProvider.System, logging.CreateLogger<DatabaseSetup>(), CancellationToken.None);
        await output.WriteLineAsync("The tables of the cluster are there and up to date.");
    }
}
