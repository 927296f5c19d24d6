namespace Krewe.Access.Policies;

/// <summary>What an endpoint asks of its caller.</summary>
public enum Right
{
    /// <summary>Nothing: it tells nothing about models.</summary>
    Public,

    /// <summary>A caller.</summary>
    Call,

    /// <summary>A publisher.</summary>
    Publish,

    /// <summary>An operator.</summary>
    Operate,

    /// <summary>An operator who knows of all models, because the endpoint shows them all.</summary>
    OperateAll,

    /// <summary>An admin.</summary>
    Administer,
}
