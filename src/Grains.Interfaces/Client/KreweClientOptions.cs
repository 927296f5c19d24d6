namespace Krewe.Grains.Interfaces;

/// <summary>How a service outside the cluster reaches it. Only <see cref="Database"/> has no default.</summary>
public sealed class KreweClientOptions
{
    /// <summary>The connection string of the PostgreSQL database in which the cluster keeps its members.</summary>
    public string Database { get; set; } = "";

    /// <summary>The cluster's name.</summary>
    public string ClusterId { get; set; } = "krewe";

    /// <summary>How often the list of silos that take clients is read again.</summary>
    public TimeSpan SiloRefreshInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long the host's start waits for the cluster before it fails; <see cref="Timeout.InfiniteTimeSpan"/>, the default, for as long
    /// as it takes.
    /// </summary>
    public TimeSpan ConnectPatience { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Limits and retries of calls.</summary>
    public ClusterCallOptions Calls { get; } = new() { LossPatience = TimeSpan.FromSeconds(10) };

    internal IEnumerable<string> FindErrors()
    {
        if (string.IsNullOrWhiteSpace(Database))
        {
            yield return $"{nameof(Database)} is empty: expected a connection string such as Host=db;Database=krewe;Username=krewe;Password=...";
        }
        else if (FindError(Database) is { } error)
        {
            yield return error;
        }

        if (string.IsNullOrWhiteSpace(ClusterId) || ClusterId.Length > 100)
        {
            yield return $"{nameof(ClusterId)} is '{ClusterId}': expected 1 to 100 characters";
        }

        if (SiloRefreshInterval < TimeSpan.FromMilliseconds(100) || SiloRefreshInterval > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(SiloRefreshInterval)} is {SiloRefreshInterval}: expected 100 ms to an hour";
        }

        if (ConnectPatience <= TimeSpan.Zero && ConnectPatience != Timeout.InfiniteTimeSpan)
        {
            yield return $"{nameof(ConnectPatience)} is {ConnectPatience}: expected more than 0, or infinite";
        }

        foreach (var wrong in Calls.FindErrors())
        {
            yield return $"{nameof(Calls)}: {wrong}";
        }
    }

    /// <summary>What is wrong with a connection string, without repeating any of it: it may hold a password.</summary>
    private static string? FindError(string connection)
    {
        try
        {
            return new Npgsql.NpgsqlConnectionStringBuilder(connection).Host is { Length: > 0 }
                ? null
                : $"{nameof(Database)} names no host: expected Host=... in it";
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return $"{nameof(Database)} is no connection string of PostgreSQL: expected Host=...;Database=...;Username=...;Password=...";
        }
    }
}
