using Krewe.Launch.Settings;

namespace Krewe.Launch.Members;

/// <summary>The settings of cluster members.</summary>
public static class MemberSettings
{
    public static readonly ISetting<ProgramOptions> Database = Setting<ProgramOptions>.Of(
        "database", "CONNECTION", "The PostgreSQL database of the cluster to join: \"Host=db;Database=krewe;Username=krewe\". On the "
            + "command line without a password. A host other than loopback is called over TLS, with a certificate for its name, unless "
            + "SSL Mode says otherwise. Default: none, a process by itself.",
        MemberNotations.Database, static (options, text) => options.Member.Database = text, SettingKind.Confidential);

    /// <summary>What concerns the database and the cluster.</summary>
    public static readonly IReadOnlyList<ISetting<ProgramOptions>> Cluster =
    [
        Database,
        Setting<ProgramOptions>.Of(
            "database-password-file", "FILE",
            "A file with the password for the database in its first line. The environment can hold it too: KREWE_DATABASE_PASSWORD. "
                + "Default: none.",
            Notations.PasswordFile, static (options, password) => options.Member.DatabasePassword = password),
        Setting<ProgramOptions>.Of(
            "database-password", "PASSWORD", "The password for the database. Default: none.",
            Notations.Password, static (options, password) => options.Member.DatabasePassword = password, SettingKind.Secret),
        Setting<ProgramOptions>.Of(
            "database-wait", "TIME", "How long the start waits for a database that does not answer. Default 60s.",
            Duration.UpToADay, static (options, time) => options.Member.DatabaseWait = time),
        Setting<ProgramOptions>.Of(
            "cluster-id", "NAME", "The cluster to join; several can share a database. Default krewe.",
            MemberNotations.Name, static (options, name) => options.Member.ClusterId = name),
    ];

    public static readonly ISetting<ProgramOptions> Advertise = Setting<ProgramOptions>.Of(
        "advertise", "ADDRESS",
        "The IP address or host name that the other members reach this one at. Default: 127.0.0.1, for a cluster on one machine. "
            + "There is neither encryption nor authentication between members: theirs must be a network of their own.",
        MemberNotations.Host, static (options, host) => options.Advertise = host);

    /// <summary>The setting of the member's name.</summary>
    public static ISetting<TOptions> SiloName<TOptions>(Action<TOptions, string> assign) => Setting<TOptions>.Of(
        "silo-name", "NAME", "The name of this member, for people. Default: host name and port.", MemberNotations.Name, assign);

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
