using Krewe.Launch.Settings;

namespace Krewe.Launch.Members;

/// <summary>The settings of cluster members.</summary>
public static class MemberSettings
{
    public static readonly ISetting<ProgramOptions> Database = Setting<ProgramOptions>.Of(
        "database", "CONNECTION",
        "PostgreSQL database of the cluster to join: \"Host=db;Database=krewe;Username=krewe\". No password on the command line. "
            + "Hosts other than loopback need TLS with a valid certificate, unless SSL Mode says otherwise. Default: none, a single "
            + "process without a cluster.",
        MemberNotations.Database, static (options, text) => options.Member.Database = text, SettingKind.Confidential);

    /// <summary>What concerns the database and the cluster.</summary>
    public static readonly IReadOnlyList<ISetting<ProgramOptions>> Cluster =
    [
        Database,
        Setting<ProgramOptions>.Of(
            "database-password-file", "FILE",
            "File whose first line is the password for the database. The environment variable KREWE_DATABASE_PASSWORD works too. "
                + "Default: none.",
            Notations.PasswordFile, static (options, password) => options.Member.DatabasePassword = password),
        Setting<ProgramOptions>.Of(
            "database-password", "PASSWORD", "Password for the database. Default: none.",
            Notations.Password, static (options, password) => options.Member.DatabasePassword = password, SettingKind.Secret),
        Setting<ProgramOptions>.Of(
            "database-wait", "TIME", "How long to wait at startup for a database that does not answer. Default 60s.",
            Duration.UpToADay, static (options, time) => options.Member.DatabaseWait = time),
        Setting<ProgramOptions>.Of(
            "cluster-id", "NAME", "Name of the cluster to join; several can share a database. Default krewe.",
            MemberNotations.Name, static (options, name) => options.Member.ClusterId = name),
    ];

    public static readonly ISetting<ProgramOptions> Advertise = Setting<ProgramOptions>.Of(
        "advertise", "ADDRESS",
        "IP address or host name by which other members reach this one. Traffic between members is neither encrypted nor "
            + "authenticated: keep it on a private network. Default: 127.0.0.1, for a cluster on one machine.",
        MemberNotations.Host, static (options, host) => options.Advertise = host);

    /// <summary>The setting of the member's name.</summary>
    public static ISetting<TOptions> SiloName<TOptions>(Action<TOptions, string> assign) => Setting<TOptions>.Of(
        "silo-name", "NAME", "Display name of this member. Default: host name and port.", MemberNotations.Name, assign);

    /// <summary>The setting of the port between members.</summary>
    public static ISetting<TOptions> SiloPort<TOptions>(string byDefault, Action<TOptions, int> assign) => Setting<TOptions>.Of(
        "silo-port", "PORT", $"The port for the other members of the cluster; 0 takes a free one. Default {byDefault}.",
        Notations.Port, assign);

    /// <summary>The setting of the port for external .NET clients.</summary>
    public static ISetting<TOptions> ClientPort<TOptions>(string byDefault, Action<TOptions, int> assign) => Setting<TOptions>.Of(
        "client-port", "PORT", $"The port for .NET clients outside the cluster; 0 takes a free one. Default {byDefault}.",
        Notations.Port, assign);

    /// <summary>The error of a missing database.</summary>
    public static IEnumerable<string> CheckDatabase(IReadOnlySet<string> named) =>
        named.Contains(Database.Name) ? [] : [$"{Database.Option} is missing: expected {Database.Expected}"];
}
