namespace Krewe.Access.Limits.Requests;

/// <summary>The limits that a request counts against: those of its key and of its tenant; null where there is none.</summary>
internal readonly record struct Admission(CallLimiter? Key, CallLimiter? Tenant)
{
    /// <summary>True if there is a limit.</summary>
    public bool IsLimited => Key is not null || Tenant is not null;

    /// <summary>Admits a request by both limits until <see cref="Leave"/>; or by neither, and gives the one that refuses.</summary>
    public (LimitOutcome Outcome, CallLimiter? By) Enter()
    {
        if (Key is not null && Key.Enter() is not LimitOutcome.Admitted and var ofKey)
        {
            return (ofKey, Key);
        }

        if (Tenant is not null && Tenant.Enter() is not LimitOutcome.Admitted and var ofTenant)
        {
            Key?.Undo();
            return (ofTenant, Tenant);
        }

        return (LimitOutcome.Admitted, null);
    }

    /// <summary>Ends an admitted request.</summary>
    public void Leave()
    {
        Key?.Leave();
        Tenant?.Leave();
    }
}
