using System.Text.Json;
using Krewe.Abstractions.Hosting;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.TensorFlowServing;

/// <summary>Writes version states by TensorFlow Serving's names.</summary>
internal static class StatusWriter
{
    /// <summary>Writes the whole response; every status must have a version.</summary>
    public static async ValueTask WriteAsync(HttpContext context, IEnumerable<ModelVersionStatus> versions)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("model_version_status");
        foreach (var version in versions)
        {
            Write(json, version);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, ModelVersionStatus version)
    {
        json.WriteStartObject();
        json.WriteString("version", version.Version.ToString());
        json.WriteString("state", StateOf(version.State));
        json.WriteStartObject("status");
        json.WriteString("error_code", version.State == VersionState.Failed ? "UNAVAILABLE" : "OK");
        json.WriteString("error_message", version.State == VersionState.Failed ? version.Reason : "");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A version that is not in memory is available: the next call loads it.</summary>
    private static string StateOf(VersionState state) => state switch
    {
        VersionState.Absent or VersionState.Ready => "AVAILABLE",
        VersionState.Loading => "LOADING",
        VersionState.Draining => "UNLOADING",
        VersionState.Failed or VersionState.Unloaded => "END",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "unknown state"),
    };
}
