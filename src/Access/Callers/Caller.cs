using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace Krewe.Access.Callers;

/// <summary>An authenticated caller. One object for all requests with the same credential.</summary>
public sealed class Caller : ClaimsPrincipal
{
    /// <summary>The type of the claim with the tenant.</summary>
    public const string TenantClaim = "tenant";

    private readonly DateTimeOffset? validUntil;
    private readonly TimeProvider time;
    private readonly Revocation? proof;
    private volatile bool isRevoked;

    /// <summary>Creates a caller.</summary>
    /// <param name="name">The proven name, which histories show.</param>
    /// <param name="tenant">Whose caller it is.</param>
    /// <param name="role">What it may do.</param>
    /// <param name="models">The models it knows of.</param>
    /// <param name="validUntil">When the credential expires; null for never.</param>
    /// <param name="time">The clock for that.</param>
    /// <param name="proof">What the credential depends on together with others; null for nothing.</param>
    public Caller(
        string name, string tenant, Role role, ModelPatterns models, DateTimeOffset? validUntil, TimeProvider time,
        Revocation? proof = null)
        : base(new ClaimsIdentity(
            [new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, role.ToString()), new Claim(TenantClaim, tenant)], "krewe"))
    {
        (Name, Tenant, Role, Models) = (name, tenant, role, models);
        (this.validUntil, this.time, this.proof) = (validUntil, time, proof);
        Result = Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(this, "krewe")));
    }

    /// <summary>The framework's result for a request with the credential.</summary>
    internal Task<AuthenticateResult> Result { get; }

    /// <summary>The id of its API key, by which its limits are found; null without one.</summary>
    internal string? KeyId { get; init; }

    /// <summary>The proven name.</summary>
    public string Name { get; }

    /// <summary>Whose caller it is.</summary>
    public string Tenant { get; }

    /// <summary>What it may do.</summary>
    public Role Role { get; }

    /// <summary>The models it knows of.</summary>
    public ModelPatterns Models { get; }

    /// <summary>False once the credential was revoked or has expired, during a request too.</summary>
    public bool IsValid => !isRevoked && proof?.IsDone != true && !(validUntil <= time.GetUtcNow());

    /// <summary>Whether it knows of a model, and its credential is still good.</summary>
    public bool Sees(string model) => IsValid && Models.Allow(model);

    /// <summary>Ends what the credential has under way.</summary>
    public void Revoke() => isRevoked = true;
}
