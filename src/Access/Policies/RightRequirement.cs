using Krewe.Access.Callers;
using Krewe.Abstractions.Models;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Krewe.Access.Policies;

/// <summary>The framework's requirement for a right. Endpoints have it in their policy.</summary>
internal sealed class RightRequirement(Right right) : IAuthorizationRequirement
{
    public Right Right => right;

    /// <summary>Whether a caller has the right, whatever the model.</summary>
    public bool IsMetBy(Caller caller) => right switch
    {
        Right.Public => true,
        Right.Call => caller.IsValid,
        Right.Publish => caller.IsValid && caller.Role >= Role.Publisher,
        Right.Operate => caller.IsValid && caller.Role >= Role.Operator,
        Right.OperateAll => caller.IsValid && caller.Role >= Role.Operator && caller.Models.IsEverything,
        Right.Administer => caller.IsValid && caller.Role >= Role.Admin,
        _ => false,
    };
}

/// <summary>Decides by the caller's role and, where the path names a model, by whether the caller knows of it.</summary>
internal sealed class RightHandler : AuthorizationHandler<RightRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RightRequirement requirement)
    {
        var http = context.Resource as HttpContext;
        if (context.User is Caller caller && Allows(http, caller, requirement))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }

    /// <summary>Whether a request of a caller is allowed.</summary>
    public static bool Allows(HttpContext? http, Caller caller, RightRequirement requirement) =>
        requirement.IsMetBy(caller) && !HidesModel(http, caller)
        && !(requirement.Right == Right.Publish && caller.Role < Role.Operator && StartsRollout(http));

    /// <summary>Publishing moves no calls, except with a rollout.</summary>
    private static bool StartsRollout(HttpContext? http) => http?.Request.Query.ContainsKey("rollout") != false;

    /// <summary>True if the path names a model that the caller does not know of. What is no name is left to the endpoint.</summary>
    public static bool HidesModel(HttpContext? http, Caller caller) => http is not null
        && ModelName.TryParse(http.Request.RouteValues["model"] as string, out var name) && !caller.Sees(name.Value);
}
