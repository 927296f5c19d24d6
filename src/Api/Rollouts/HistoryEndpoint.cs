using System.Globalization;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Api.Endpoints;
using Krewe.Api.Http;
using Krewe.Rollouts.States;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Rollouts;

/// <summary>The history of a model's traffic, newest first: time, actor, change, reason.</summary>
internal sealed class HistoryEndpoint(TrafficCalls calls)
{
    private const string Limit = "limit";
    private const int DefaultLimit = 100;

    public void Map(RouteTable routes) => routes.Get("/v2/models/{model}/history", GetAsync);

    private async Task GetAsync(HttpContext context)
    {
        var (model, limit) = (TrafficCalls.ModelOf(context), ReadLimit(context.Request));
        var history = await calls.Control.GetHistoryAsync(model, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, history.Take(limit), Write);
    }

    private static int ReadLimit(HttpRequest request)
    {
        var values = request.Query[Limit];
        if (values.Count == 0)
        {
            return DefaultLimit;
        }

        return int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is > 0 and <= ModelTraffic.MaxHistory
            ? limit
            : throw KreweException.InvalidInput(
                $"'{Limit}' is '{ErrorText.Quote(values.ToString())}': expected a whole number from 1 to {ModelTraffic.MaxHistory}, the "
                    + "maximum kept");
    }

    private static void Write(Utf8JsonWriter json, IEnumerable<HistoryEntry> history)
    {
        json.WriteStartObject();
        json.WriteStartArray("history");
        foreach (var entry in history)
        {
            json.WriteStartObject();
            json.WriteNumber("revision", entry.Revision);
            json.WriteTime("at", entry.At);
            json.WriteString("actor", entry.Actor);
            json.WriteString("what", entry.What);
            json.WriteString("why", entry.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
