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

    /// <summary>The connection string with our schema as its only search path.</summary>
    public static string InSchema(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Schema }.ConnectionString;
}
