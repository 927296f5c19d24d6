using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary>Models: list, signature, settings, readiness.</summary>
internal sealed class ModelEndpoints(IModelHost host)
{
    public void Map(RouteTable routes)
    {
        routes.Get("/v2/models", ListAsync);
        foreach (var model in RouteModel.Patterns)
        {
            routes.Get(model, MetadataAsync);
            routes.Get(model + "/ready", ReadyAsync);
            routes.Get(model + "/config", ConfigurationAsync);
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        var versions = ListPage.Take(context, await host.ListAsync(context.RequestAborted));
        await JsonAnswer.WriteAsync(context, versions, static (json, versions) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            for (var i = 0; i < versions.Count; i++)
            {
                // Ordered by name: a model's versions are adjacent.
                if (i == 0 || versions[i].Name != versions[i - 1].Name)
                {
                    json.WriteStringValue(versions[i].Name.Value);
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task MetadataAsync(HttpContext context)
    {
        var metadata = await host.GetMetadataAsync(RouteModel.Read(context), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, metadata, WriteMetadata);
    }

    private async Task ReadyAsync(HttpContext context)
    {
        var model = RouteModel.Read(context);
        if (!await host.IsReadyAsync(model, context.RequestAborted))
        {
            throw KreweException.Unavailable(await WhyNotAsync(model, context.RequestAborted));
        }

        await JsonAnswer.WriteAsync(context, model, static (json, model) =>
        {
            json.WriteStartObject();
            json.WriteString("name", model.Name.Value);
            json.WriteBoolean("ready", true);
            json.WriteEndObject();
        });
    }

    private async Task<string> WhyNotAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var versions = await host.ListAsync(model.Name, cancellationToken);
        var reason = versions
            .LastOrDefault(version => version.Reason.Length > 0 && (model.Version.IsRouted || version.Version == model.Version.Number))
            ?.Reason;
        return reason is null ? $"model '{model}' is not ready" : $"model '{model}' is not ready: {reason}";
    }

    private async Task ConfigurationAsync(HttpContext context)
    {
        var configuration = await host.GetConfigurationAsync(RouteModel.Read(context), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, configuration, ConfigurationJson.Write);
    }

    private static void WriteMetadata(Utf8JsonWriter json, ModelMetadata metadata)
    {
        json.WriteStartObject();
        json.WriteString("name", metadata.Model.Name.Value);
        json.WriteStartArray("versions");
        foreach (var version in metadata.Versions)
        {
            json.WriteStringValue(version.ToString());
        }

        json.WriteEndArray();
        json.WriteString("platform", metadata.Platform);
        WriteSpecs(json, "inputs", metadata.Inputs.AsSpan());
        WriteSpecs(json, "outputs", metadata.Outputs.AsSpan());
        json.WriteEndObject();
    }

    private static void WriteSpecs(Utf8JsonWriter json, string name, ReadOnlySpan<TensorSpec> specs)
    {
        json.WriteStartArray(name);
        foreach (var spec in specs)
        {
            json.WriteStartObject();
            json.WriteString("name", spec.Name);
            json.WriteString("datatype", spec.Type.WireName());
            json.WriteStartArray("shape");
            foreach (var dimension in spec.Shape)
            {
                json.WriteNumberValue(dimension);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
