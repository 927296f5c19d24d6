using System.Text.Json;
using Krewe.Abstractions.Hosting;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary>The model repository extension: index, explicit load and unload.</summary>
internal sealed class RepositoryEndpoints(IModelHost host)
{
    /// <summary>A model of the repository, and one version of it.</summary>
    public static readonly string[] Patterns =
        ["/v2/repository/models/{model}", "/v2/repository/models/{model}/versions/{version}"];

    public void Map(RouteTable routes)
    {
        routes.Post("/v2/repository/index", IndexAsync);
        foreach (var model in Patterns)
        {
            routes.Post(model + "/load", LoadAsync);
            routes.Post(model + "/unload", UnloadAsync);
        }
    }

    private async Task IndexAsync(HttpContext context)
    {
        var onlyReady = RepositoryRequest.ReadIndex(await ControlBody.ReadAsync(context));
        var versions = ListPage.Take(context, await host.ListAsync(context.RequestAborted));
        await JsonAnswer.WriteAsync(context, (versions, onlyReady), static (json, state) =>
        {
            json.WriteStartArray();
            foreach (var version in state.versions)
            {
                WriteRow(json, version, state.onlyReady);
            }

            json.WriteEndArray();
        });
    }

    private async Task LoadAsync(HttpContext context)
    {
        var model = RouteModel.Read(context);
        RepositoryRequest.CheckLoad(await ControlBody.ReadAsync(context));
        await host.LoadAsync(model, context.RequestAborted);
        context.Response.ContentLength = 0;
    }

    private async Task UnloadAsync(HttpContext context)
    {
        var model = RouteModel.Read(context);
        RepositoryRequest.CheckUnload(await ControlBody.ReadAsync(context));
        await host.UnloadAsync(model, context.RequestAborted);
        context.Response.ContentLength = 0;
    }

    private static void WriteRow(Utf8JsonWriter json, ModelVersionStatus version, bool onlyReady)
    {
        var (state, reason) = RepositoryState.Of(version);
        if (onlyReady && state != RepositoryState.Ready)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("name", version.Name.Value);
        json.WriteString("version", version.Version?.ToString() ?? "");
        json.WriteString("state", state);
        json.WriteString("reason", reason);
        json.WriteEndObject();
    }
}
