using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Api.Endpoints;
using Krewe.Api.Http;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Rollouts;

/// <summary>A model's aliases. Every response lists all aliases.</summary>
internal sealed class AliasEndpoints(TrafficCalls calls)
{
    private const string Pattern = "/v2/models/{model}/aliases";
    private const string One = Pattern + "/{alias}";
    private const string Aliases = "aliases";
    private const string Version = "version";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, GetAsync);
        routes.Put(Pattern, SetManyAsync);
        routes.Put(One, SetAsync);
        routes.Delete(One, RemoveAsync);
    }

    private Task GetAsync(HttpContext context) => AnswerAsync(context, TrafficCalls.ModelOf(context));

    private async Task SetManyAsync(HttpContext context)
    {
        var model = TrafficCalls.ModelOf(context);
        using var body = await ControlBody.ReadAsync(context);
        var root = BodyObject.Of(body, """{"aliases": {"prod": "2"}}""", Aliases, TrafficCalls.Reason);
        var author = calls.Author(context, root);
        List<(string, ModelVersion?)> changes =
            [.. root.Get(Aliases).Members("""{"prod": "2"}""").Select(
                member => (AliasName.Parse(member.Name), member.Value.IsNull ? (ModelVersion?)null : member.Value.Version()))];
        await ChangeAsync(model, changes, author, context.RequestAborted);
        await AnswerAsync(context, model);
    }

    private async Task SetAsync(HttpContext context)
    {
        var (model, alias) = (TrafficCalls.ModelOf(context), AliasOf(context));
        using var body = await ControlBody.ReadAsync(context);
        var root = BodyObject.Of(body, """{"version": "2"}""", Version, TrafficCalls.Reason);
        var (version, author) = (root.Get(Version).Version(), calls.Author(context, root));
        await calls.Control.SetAliasAsync(model, alias, version, author, context.RequestAborted);
        await AnswerAsync(context, model);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var (model, alias) = (TrafficCalls.ModelOf(context), AliasOf(context));
        await calls.Control.RemoveAliasAsync(model, alias, await calls.ReadAuthorAsync(context), context.RequestAborted);
        await AnswerAsync(context, model);
    }

    private async Task ChangeAsync(
        ModelName model, List<(string Alias, ModelVersion? Version)> changes, ChangeAuthor author, CancellationToken cancellationToken)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            var (alias, version) = changes[i];
            try
            {
                await (version is { } number
                    ? calls.Control.SetAliasAsync(model, alias, number, author, cancellationToken)
                    : calls.Control.RemoveAliasAsync(model, alias, author, cancellationToken));
            }
            catch (KreweException error) when (i > 0)
            {
                // Each alias is a separate change: the caller needs to know which ones were made.
                var done = string.Join(", ", changes.Take(i).Select(change => $"'{change.Alias}'"));
                throw new KreweException(error.Code, $"{error.Message} (already changed: {done})", error) { RetryAfter = error.RetryAfter };
            }
        }
    }

    private async Task AnswerAsync(HttpContext context, ModelName model)
    {
        var aliases = await calls.Control.GetAliasesAsync(model, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, aliases, Write);
    }

    private static string AliasOf(HttpContext context) => AliasName.Parse(context.Request.RouteValues["alias"] as string);

    private static void Write(Utf8JsonWriter json, IReadOnlyList<AliasTarget> aliases)
    {
        json.WriteStartObject();
        json.WriteStartObject(Aliases);
        foreach (var alias in aliases.OrderBy(alias => alias.Alias, StringComparer.Ordinal))
        {
            json.WriteStartObject(alias.Alias);
            json.WriteString(Version, alias.Version?.ToString());
            json.WriteBoolean("set", alias.IsSet);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
