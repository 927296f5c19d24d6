using Krewe.Launch.Settings;

namespace Krewe.Launch.Members;

/// <summary>The settings of cluster members.</summary>
public static class MemberSettings
{
    public static readonly ISetting<IMemberOptions> Database = Setting<IMemberOptions>.Of(
        "database", "CONNECTION", "The PostgreSQL database of the cluster to join: \"Host=db;Database=krewe;Username=krewe\". Default: "
            + "none, a process by itself.",
        MemberNotations.Database, static (options, text) => options.Database = text, SettingKind.Confidential);

    /// <summary>Settings of the database and the cluster.</summary>
    public static readonly IReadOnlyList<ISetting<IMemberOptions>> Cluster =
    [
        Database,
        Setting<IMemberOptions>.Of(
            "database-password-file", "FILE",
            "A file with the password for the database in its first line. The environment can hold it too: KREWE_DATABASE_PASSWORD. "
                + "Default: none.",
            Notations.PasswordFile, static (options, password) => options.DatabasePassword = password),
        Setting<IMemberOptions>.Of(
            "database-password", "PASSWORD", "The password for the database. Default: none.",
            Notations.Password, static (options, password) => options.DatabasePassword = password, SettingKind.Secret),
        Setting<IMemberOptions>.Of(
            "database-wait", "TIME", "How long the start waits for a database that does not answer. Default 60s.",
            Duration.UpToADay, static (options, time) => options.DatabaseWait = time),
        Setting<IMemberOptions>.Of(
            "cluster-id", "NAME", "The cluster to join; several can share a database. Default krewe.",
            MemberNotations.Name, static (options, name) => options.ClusterId = name),
    ];

    public static readonly ISetting<IMemberOptions> SiloName = Setting<IMemberOptions>.Of(
        "silo-name", "NAME", "The name of this member, for people. Default: host name and port.",
        MemberNotations.Name, static (options, name) => options.SiloName = name);

    public static readonly ISetting<IMemberOptions> Advertise = Setting<IMemberOptions>.Of(
        "advertise", "ADDRESS",
        "The IP address or host name that the other members reach this one at. Default: 127.0.0.1, for a cluster on one machine. "
            + "There is neither encryption nor authentication between members: theirs must be a network of their own.",
        MemberNotations.Host, static (options, host) => options.Advertise = host);

    /// <summary>The setting of the port for other members.</summary>
    public static ISetting<IMemberOptions> SiloPort(string byDefault) => Setting<IMemberOptions>.Of(
        "silo-port", "PORT", $"The port for the other members of the cluster; 0 takes a free one. Default {byDefault}.",
        Notations.Port, static (options, port) => options.SiloPort = port);

    /// <summary>The error of a missing database.</summary>
    public static IEnumerable<string> CheckDatabase(IReadOnlySet<string> named) =>
        named.Contains(Database.Name) ? [] : [$"{Database.Option} is missing: expected {Database.Expected}"];
}
