using Krewe.Abstractions.Errors;
using Krewe.Client.Connection;
using Npgsql;

namespace Krewe.Client.PostgreSql;

/// <summary>Finds a cluster's silos in its database.</summary>
public static class KreweClientOptionsExtensions
{
    /// <summary>
    /// Looks up silos in the cluster's PostgreSQL database. An invalid connection string throws <see cref="KreweException"/>, which never
    /// contains the text: it may hold a password.
    /// </summary>
    public static void UsePostgreSql(this KreweClientOptions options, string connectionString)
    {
        if (FindError(connectionString) is { } error)
        {
            throw KreweException.InvalidInput($"{error}: expected Host=...;Database=...;Username=...;Password=...");
        }

        options.Lookup = client => client.UseAdoNetClustering(database =>
        {
            database.Invariant = ClusterDatabase.Invariant;
            database.ConnectionString = ClusterDatabase.Complete(connectionString);
        });
    }

    private static string? FindError(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString).Host is { Length: > 0 } ? null
                : "the connection string of the database has no host";
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return "the connection string of the database is not valid for PostgreSQL";
        }
    }
}
