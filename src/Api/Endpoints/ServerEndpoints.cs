using System.Text.Json;
using Krewe.Api.Http;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary><c>GET /v2</c>: the server's name, version and protocol extensions.</summary>
internal sealed class ServerEndpoints(ApiOptions options)
{
    /// <summary>Triton's names, and our own <c>rollout</c>; clients enable features by these.</summary>
    public static readonly string[] Extensions =
        ["binary_tensor_data", "model_configuration", "model_repository", "model_repository(unload_dependents)", "parameters", "rollout",
            "statistics"];

    public void Map(RouteTable routes) => routes.Get("/v2", ServerMetadataAsync);

    private Task ServerMetadataAsync(HttpContext context) => JsonAnswer.WriteAsync(context, options, WriteServer);

    private static void WriteServer(Utf8JsonWriter json, ApiOptions options)
    {
        json.WriteStartObject();
        json.WriteString("name", options.ServerName);
        json.WriteString("version", options.ServerVersion);
        json.WriteStartArray("extensions");
        foreach (var extension in Extensions)
        {
            json.WriteStringValue(extension);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
