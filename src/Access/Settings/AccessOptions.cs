namespace Krewe.Access.Settings;

/// <summary>How callers are authenticated.</summary>
public sealed class AccessOptions
{
    /// <summary>True to ask every caller for an API key.</summary>
    public bool Keys { get; set; }

    /// <summary>True to accept JWT bearer tokens, as <see cref="Tokens"/> says.</summary>
    public bool Jwt { get; set; }

    /// <summary>True if callers are authenticated in any way.</summary>
    public bool IsOn => Keys || Jwt;

    /// <summary>Which tokens are accepted, and what their claims mean.</summary>
    public TokenOptions Tokens { get; } = new();

    /// <summary>The file whose first line is an admin key; read again when it changes. Null for none.</summary>
    public string? AdminKeyFile { get; set; }

    /// <summary>True to write a new key to <see cref="AdminKeyFile"/> at the start if there is none.</summary>
    public bool MakesAdminKey { get; set; }

    /// <summary>The file of the audit log; null to keep it in memory only.</summary>
    public string? AuditFile { get; set; }
}
