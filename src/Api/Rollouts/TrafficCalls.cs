using Krewe.Abstractions.Models;
using Krewe.Api.Endpoints;
using Krewe.Api.Errors;
using Krewe.Api.Http;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.States;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Rollouts;

/// <summary>What all calls about a model's traffic have in common.</summary>
internal sealed class TrafficCalls(IRolloutControl? control, TimeProvider time)
{
    /// <summary>Why something is done; a member of every body that changes something.</summary>
    public const string Reason = "reason";

    /// <summary>Who does what is asked for. A server without one answers 404 and says why.</summary>
    public IRolloutControl Control => control
        ?? throw new HttpProblem(StatusCodes.Status404NotFound, "this server has no aliases and rollouts: it only serves");

    /// <summary>The model of a request's path.</summary>
    public static ModelName ModelOf(HttpContext context) => RouteModel.Read(context).Name;

    /// <summary>Reads a body that may be empty and otherwise has nothing but a reason.</summary>
    public async Task<ChangeAuthor> ReadAuthorAsync(HttpContext context)
    {
        using var body = await ControlBody.ReadAsync(context);
        return Author(context, body is null ? null : new BodyObject(body.RootElement, "", Reason));
    }

    /// <summary>Who asks for a change, and the reason that the body gives.</summary>
    public ChangeAuthor Author(HttpContext context, BodyObject? body) =>
        RequestAuthor.Read(context, body?.Find(Reason)?.Line(ChangeAuthor.MaxLength) ?? "", time.GetUtcNow());
}
