using Krewe.Abstractions.Models;
using Krewe.Api.Endpoints;
using Krewe.Api.Errors;
using Krewe.Api.Http;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.States;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Rollouts;

/// <summary>A model's rollout: status and commands. Every response is its current status.</summary>
internal sealed class RolloutEndpoints(TrafficCalls calls)
{
    private const string Pattern = "/v2/models/{model}/rollout";
    private const string Action = "action";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, GetAsync);
        routes.Put(Pattern, StartAsync);
        routes.Patch(Pattern, CommandAsync);
        routes.Delete(Pattern, AbortAsync);
    }

    private async Task GetAsync(HttpContext context)
    {
        var status = await FindAsync(context, TrafficCalls.ModelOf(context));
        await JsonAnswer.WriteAsync(context, status, RolloutJson.Write);
    }

    private async Task StartAsync(HttpContext context)
    {
        var model = TrafficCalls.ModelOf(context);
        using var body = await ControlBody.ReadAsync(context);
        var root = BodyObject.Of(body, """{"strategy": "canary", "version": "2"}""", [.. RolloutPlanReader.Members, TrafficCalls.Reason]);
        var (plan, author) = (RolloutPlanReader.Read(root), calls.Author(context, root));
        var status = await calls.Control.StartRolloutAsync(model, plan, author, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, status, RolloutJson.Write);
    }

    private async Task CommandAsync(HttpContext context)
    {
        var model = TrafficCalls.ModelOf(context);
        using var body = await ControlBody.ReadAsync(context);
        var root = BodyObject.Of(body, """{"action": "pause"}""", Action, TrafficCalls.Reason);
        var (command, author) = (root.Get(Action).Word(RolloutNames.Actions), calls.Author(context, root));
        await AnswerAsync(context, model, command, author);
    }

    private async Task AbortAsync(HttpContext context)
    {
        var model = TrafficCalls.ModelOf(context);
        await AnswerAsync(context, model, RolloutCommand.Abort, await calls.ReadAuthorAsync(context));
    }

    private async Task AnswerAsync(HttpContext context, ModelName model, RolloutCommand command, ChangeAuthor author)
    {
        var before = await FindAsync(context, model);
        var status = await calls.Control.CommandAsync(model, command, author, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, (status, status.HasMovedFrom(before)), RolloutJson.WriteChange);
    }

    private async Task<RolloutStatus> FindAsync(HttpContext context, ModelName model) =>
        await calls.Control.GetRolloutAsync(model, context.RequestAborted) ?? throw new HttpProblem(
            StatusCodes.Status404NotFound, $"model '{model}' has had no rollout: start one with PUT /v2/models/{model}/rollout");
}
