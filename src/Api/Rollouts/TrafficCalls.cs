using Krewe.Abstractions.Models;
using Krewe.Api.Endpoints;
using Krewe.Api.Errors;
using Krewe.Api.Http;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.States;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Rollouts;

/// <summary>Shared by the endpoints of a model's traffic.</summary>
internal sealed class TrafficCalls(IRolloutControl? control, TimeProvider time)
{
    /// <summary>The reason of a change; an optional member of every body.</summary>
    public const string Reason = "reason";

    /// <summary>The rollout control. A server without one answers 404 with the reason.</summary>
    public IRolloutControl Control => control
        ?? throw new HttpProblem(StatusCodes.Status404NotFound, "this server has no aliases or rollouts");

    /// <summary>The model in the request's path.</summary>
    public static ModelName ModelOf(HttpContext context) => RouteModel.Read(context).Name;

    /// <summary>Reads an optional body whose only member is a reason.</summary>
    public async Task<ChangeAuthor> ReadAuthorAsync(HttpContext context)
    {
        using var body = await ControlBody.ReadAsync(context);
        return Author(context, body is null ? null : new BodyObject(body.RootElement, "", Reason));
    }

    /// <summary>The author of a change, with the reason from the body.</summary>
    public ChangeAuthor Author(HttpContext context, BodyObject? body) =>
        RequestAuthor.Read(context, body?.Find(Reason)?.Line(ChangeAuthor.MaxLength) ?? "", time.GetUtcNow());
}
