namespace Krewe.Access.Callers;

/// <summary>What a caller may do. Each role includes the ones before it; the numbers are stored.</summary>
public enum Role
{
    /// <summary>Infers, and reads what is known of models.</summary>
    Caller = 0,

    /// <summary>Publishes and deletes versions.</summary>
    Publisher = 1,

    /// <summary>Loads and unloads, moves traffic by aliases and rollouts, reads the cluster and the metrics.</summary>
    Operator = 2,

    /// <summary>Creates, rotates and revokes keys.</summary>
    Admin = 3,
}
