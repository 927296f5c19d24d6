namespace Krewe.Access.Callers;

/// <summary>Whether what proves the credentials of several callers has been withdrawn, such as the key that signs their tokens.</summary>
public sealed class Revocation
{
    private volatile bool isDone;

    /// <summary>True once it was withdrawn.</summary>
    public bool IsDone => isDone;

    /// <summary>Ends what these callers have under way.</summary>
    public void Revoke() => isDone = true;
}
