namespace Krewe.Launch.Members;

/// <summary>What can be set of a program that joins a cluster.</summary>
public interface IMemberOptions
{
    /// <summary>The connection string of the database, as it was given; it may hold a password.</summary>
    string Database { get; set; }

    /// <summary>The password for the database; null where the connection string has it, or none is needed.</summary>
    string? DatabasePassword { get; set; }

    /// <summary>How long the start waits for the database.</summary>
    TimeSpan DatabaseWait { get; set; }

    /// <summary>The cluster to join; several can share a database.</summary>
    string ClusterId { get; set; }

    /// <summary>The member's name; null for one made of host and port.</summary>
    string? SiloName { get; set; }

    /// <summary>The port for the other members; 0 for any free one.</summary>
    int SiloPort { get; set; }

    /// <summary>The IP address or host name that the other members reach this one at.</summary>
    string Advertise { get; set; }
}
