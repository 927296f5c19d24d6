using System.Text.Json.Nodes;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Access.Auditing;
using Krewe.Access.Callers;
using Krewe.Access.Keys;
using Krewe.Access.Settings;
using Krewe.Access.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Access.Policies;

/// <summary>
/// Answers what was refused: 401 without a good credential, 404 for a model that the caller does not know of, as for one that is not there,
/// else 403. gRPC calls get the same as a status.
/// </summary>
internal sealed class Refusals(AccessOptions options, KeyRing ring, AuditTrail trail) : IAuthorizationMiddlewareResultHandler
{
    private const string GrpcType = "application/grpc";
    private const string Realm = "realm=\"krewe\"";

    public async Task HandleAsync(
        RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded || context.GetEndpoint() is not RouteEndpoint)
        {
            // Without an endpoint of ours the answer is 404 or 405.
            await next(context);
        }
        else if (context.User is not Caller caller)
        {
            await ChallengeAsync(context, policy);
        }
        else if (RightHandler.HidesModel(context, caller))
        {
            trail.Refuse(context);
            throw UnknownModel.Error(ModelName.Parse(context.Request.RouteValues["model"] as string));
        }
        else
        {
            trail.Refuse(context);
            await AnswerAsync(
                context, StatusCodes.Status403Forbidden, 7,
                $"the role '{caller.Role.ToString().ToLowerInvariant()}' may not do this: {Needed(policy)}");
        }
    }

    private async Task ChallengeAsync(HttpContext context, AuthorizationPolicy policy)
    {
        // Known since the request came in.
        var failure = (await context.AuthenticateAsync()).Failure;
        var refusedToken = TokenFault.Describe(failure);
        if (failure is KreweException || (refusedToken is null && options.Keys && !ring.IsKnown))
        {
            await AnswerAsync(
                context, StatusCodes.Status503ServiceUnavailable, 14,
                failure is KreweException ? failure.Message : "the API keys are not known yet: try again later");
            return;
        }

        trail.Refuse(context);

        // Only where a person looks: elsewhere a browser must not ask for a password.
        context.Response.Headers.WWWAuthenticate = refusedToken is not null
            ? $"Bearer {Realm}, error=\"invalid_token\", error_description=\"{HeaderText(refusedToken)}\""
            : RightOf(policy) == Right.OperateAll && options.Keys ? $"Basic {Realm}, charset=\"UTF-8\""
            : $"Bearer {Realm}";
        await AnswerAsync(
            context, StatusCodes.Status401Unauthorized, 16, refusedToken is null ? Expected() : $"the token is refused: {refusedToken}");
    }

    private string Expected() => !options.Jwt
        ? "no valid API key: expected 'Authorization: Bearer KEY' or 'x-api-key: KEY' with a key that has neither expired nor been revoked"
        : !options.Keys ? "no valid token: expected 'Authorization: Bearer TOKEN' with a JSON Web Token"
        : "no valid API key or token: expected 'Authorization: Bearer' with a JSON Web Token or a key, or 'x-api-key: KEY'";

    /// <summary>What may stand between quotes in a header.</summary>
    private static string HeaderText(string text) =>
        string.Concat(text.Select(static letter => letter is >= ' ' and <= '~' and not ('"' or '\\') ? letter : '?'));

    private static async Task AnswerAsync(HttpContext context, int status, int grpcStatus, string message)
    {
        if (context.Request.ContentType?.StartsWith(GrpcType, StringComparison.OrdinalIgnoreCase) == true)
        {
            context.Response.ContentType = GrpcType;
            context.Response.Headers["grpc-status"] = grpcStatus.ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers["grpc-message"] = message;
            return;
        }

        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(new JsonObject { ["error"] = message });
    }

    private static string Needed(AuthorizationPolicy policy) => RightOf(policy) switch
    {
        Right.Publish => "expected a publisher, operator or admin; to start a rollout, an operator or admin",
        Right.Operate => "expected an operator or admin",
        Right.OperateAll => "expected an operator or admin for all models",
        _ => "expected an admin",
    };

    private static Right RightOf(AuthorizationPolicy policy) =>
        policy.Requirements.OfType<RightRequirement>().FirstOrDefault()?.Right ?? Right.Administer;
}
