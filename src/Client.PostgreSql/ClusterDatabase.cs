using System.Data.Common;
using System.Net;
using Npgsql;

namespace Krewe.Client.PostgreSql;

/// <summary>The location of the cluster's tables in PostgreSQL, shared by members and external clients.</summary>
public static class ClusterDatabase
{
    /// <summary>The provider's name in Orleans' ADO.NET packages.</summary>
    public const string Invariant = "Npgsql";

    /// <summary>
    /// The schema of all our tables. It separates them from another application's in the same database, such as tables of Orleans' own
    /// scripts: Orleans queries OrleansQuery without a schema.
    /// </summary>
    public const string Schema = "krewe";

    /// <summary>
    /// The connection string with our schema as its only search path, and with TLS and a verified certificate where it leaves the machine
    /// and names no SSL mode: the driver's own default goes on without TLS if the server, or somebody in between, offers none.
    /// </summary>
    public static string Complete(string connectionString)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Schema };
        var named = new DbConnectionStringBuilder { ConnectionString = connectionString };
        if (!text.Host!.Split(',').All(IsOnThisMachine) && !named.ContainsKey("SSL Mode") && !named.ContainsKey("SslMode"))
        {
            text.SslMode = SslMode.VerifyFull;
        }

        return text.ConnectionString;
    }

    /// <summary>True for a loopback address and the path of a Unix socket.</summary>
    private static bool IsOnThisMachine(string host) => host.Trim() is var name
        && (name is ['/' or '@', ..]
            || name.Split(':')[0].Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPEndPoint.TryParse(name, out var place) && IPAddress.IsLoopback(place.Address)));
}
