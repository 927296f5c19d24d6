using System.Net;
using System.Net.Sockets;
using Krewe.Client.Settings;
using Npgsql;
using Orleans.Configuration;

namespace Krewe.Member;

/// <summary>This process's membership in the cluster. Everything has a default but the database.</summary>
public sealed class MemberOptions
{
    /// <summary>
    /// The Npgsql connection string of the cluster's database, such as <c>Host=db;Database=krewe;Username=krewe;Password=…</c>.
    /// </summary>
    public string Database { get; set; } = "";

    /// <summary>The password for the database; null where <see cref="Database"/> has it, or none is needed.</summary>
    public string? DatabasePassword { get; set; }

    /// <summary>The cluster's name. Processes with the same name and database find each other.</summary>
    public string ClusterId { get; set; } = "krewe";

    /// <summary>This member's name, for people; null for one made of the machine's name and the port.</summary>
    public string? SiloName { get; set; }

    /// <summary>The address at which other members reach this one.</summary>
    public IPAddress AdvertisedAddress { get; set; } = IPAddress.Loopback;

    /// <summary>
    /// The address to listen on for members and clients; null for loopback if that is the advertised address, else all addresses of this
    /// machine.
    /// </summary>
    public IPAddress? ListenAddress { get; set; }

    /// <summary>The port for other members.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>The port for external .NET clients; null for none, as in a gateway.</summary>
    public int? ClientPort { get; set; } = 30000;

    /// <summary>How long the start waits for an unreachable database.</summary>
    public TimeSpan DatabaseWait { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The maximum message body in bytes, which bounds requests and responses. Must be equal on all members and external clients; clients
    /// default to Orleans' limit.
    /// </summary>
    public long MaxMessageBytes { get; set; } = new SiloMessagingOptions().MaxMessageBodySize;

    /// <summary>How long an idle control-plane grain stays in memory; its state stays in the database.</summary>
    public TimeSpan GrainIdleTime { get; set; } = TimeSpan.FromMinutes(10);

    public IPAddress EffectiveListenAddress => ListenAddress
        ?? (IPAddress.IsLoopback(AdvertisedAddress) ? AdvertisedAddress
            : AdvertisedAddress.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any);

    public string EffectiveSiloName => SiloName ?? $"{Environment.MachineName}-{SiloPort}";

    /// <summary>The connection string with its password.</summary>
    internal string ConnectionString => DatabasePassword is null
        ? Database
        : new NpgsqlConnectionStringBuilder(Database) { Password = DatabasePassword }.ConnectionString;

    internal IEnumerable<string> FindErrors() =>
        [.. FindDatabaseErrors(), .. FindNameErrors(), .. FindAddressErrors(), .. FindRangeErrors()];

    // Never repeat the text: it may contain a password.
    private IEnumerable<string> FindDatabaseErrors()
    {
        const string expected = "expected Host=…;Database=…;Username=…;Password=…";
        if (string.IsNullOrWhiteSpace(Database))
        {
            return [$"{nameof(Database)} is not set: {expected}"];
        }

        try
        {
            var text = new NpgsqlConnectionStringBuilder(Database);
            var missing = new[] { ("Host", text.Host), ("Database", text.Database), ("Username", text.Username) }
                .Where(part => string.IsNullOrWhiteSpace(part.Item2)).Select(part => part.Item1).ToArray();
            return missing.Length == 0 ? [] : [$"{nameof(Database)} names no {string.Join(" and no ", missing)}: {expected}"];
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return [$"{nameof(Database)} is not a connection string of Npgsql: {expected}"];
        }
    }

    private IEnumerable<string> FindNameErrors() =>
        from part in new[] { (Name: nameof(ClusterId), Value: ClusterId), (Name: nameof(SiloName), Value: EffectiveSiloName) }
        where string.IsNullOrWhiteSpace(part.Value) || part.Value.Length > 100 || part.Value.Any(char.IsControl)
        select $"{part.Name} is '{part.Value}': expected 1 to 100 printable characters";

    private IEnumerable<string> FindAddressErrors()
    {
        if (AdvertisedAddress.Equals(IPAddress.Any) || AdvertisedAddress.Equals(IPAddress.IPv6Any))
        {
            yield return $"{nameof(AdvertisedAddress)} is {AdvertisedAddress}: expected the one address at which others reach this process";
        }

        if (SiloPort is < 1 or > 65535)
        {
            yield return $"{nameof(SiloPort)} is {SiloPort}: expected 1 to 65535";
        }

        if (ClientPort is < 1 or > 65535)
        {
            yield return $"{nameof(ClientPort)} is {ClientPort}: expected 1 to 65535";
        }

        if (ClientPort == SiloPort)
        {
            yield return $"{nameof(SiloPort)} and {nameof(ClientPort)} are both {SiloPort}: expected two ports";
        }
    }

    private IEnumerable<string> FindRangeErrors()
    {
        if (DatabaseWait < TimeSpan.Zero || DatabaseWait > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(DatabaseWait)} is {DatabaseWait}: expected 0 to 1 day";
        }

        if (MaxMessageBytes is < MessageLimit.SmallestBody or > int.MaxValue)
        {
            yield return $"{nameof(MaxMessageBytes)} is {MaxMessageBytes}: expected {MessageLimit.SmallestBody} to {int.MaxValue} bytes";
        }

        if (GrainIdleTime < TimeSpan.FromMinutes(2) || GrainIdleTime > TimeSpan.FromDays(7))
        {
            yield return $"{nameof(GrainIdleTime)} is {GrainIdleTime}: expected 2 minutes to 7 days";
        }
    }
}
