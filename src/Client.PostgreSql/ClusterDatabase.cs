using Npgsql;

namespace Krewe.Client.PostgreSql;

/// <summary>Where in PostgreSQL the cluster keeps its tables; members and outside clients must agree on it.</summary>
public static class ClusterDatabase
{
    /// <summary>The provider's name, as Orleans' ADO.NET packages want it.</summary>
    public const string Invariant = "Npgsql";

    /// <summary>
    /// The schema of all our tables. A schema of its own keeps them apart from those that another application, Orleans' own scripts
    /// among them, has in the same database: the engine looks for a table named OrleansQuery without saying where.
    /// </summary>
    public const string Schema = "krewe";

    /// <summary>The connection string with our schema as the only one looked into.</summary>
    public static string InSchema(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Schema }.ConnectionString;
}
