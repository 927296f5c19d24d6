using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Api.Bodies;
using Krewe.Api.Inference;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.TensorFlowServing;

/// <summary>TensorFlow Serving's REST API: prediction and version status.</summary>
internal sealed class PredictHandler(IModelHost host, ApiOptions options)
{
    private readonly ApiLimits limits = options.Limits;

    /// <summary>Handles <c>POST /v1/models/{model}[/versions/{version}|/labels/{version}]:predict</c>.</summary>
    public async Task PredictAsync(HttpContext context)
    {
        var model = ModelOf(context);
        var (request, isByRow) = await ReadAsync(context, model);
        InferenceResponse response;
        using (request)
        {
            response = await host.InferAsync(request, context.RequestAborted);
        }

        using (response)
        {
            VersionHeader.Write(context.Response, response.Model.Version);
            await PredictResponseWriter.WriteAsync(context, response, isByRow);
        }
    }

    /// <summary>Handles <c>GET</c> of the same paths without the verb.</summary>
    public async Task StatusAsync(HttpContext context)
    {
        var model = ModelOf(context);
        var versions = await host.ListAsync(model.Name, context.RequestAborted);
        ModelVersion? only = model.Version.IsRouted
            ? null
            : model.Version.Number ?? (await host.GetMetadataAsync(model, context.RequestAborted)).Model.Version;
        if (only is not null && !versions.Any(v => v.Version == only))
        {
            throw UnknownModel.Error(model);
        }

        await StatusWriter.WriteAsync(context, versions.Where(v => v.Version is not null && (only is null || v.Version == only)));
    }

    private static ModelReference ModelOf(HttpContext context) =>
        ModelReference.Parse(context.Request.RouteValues["model"] as string, context.Request.RouteValues["version"] as string);

    private async ValueTask<(InferenceRequest Request, bool IsByRow)> ReadAsync(HttpContext context, ModelReference model)
    {
        var routeKey = RouteKey.Read(context.Request, options);
        var metadata = await host.GetMetadataAsync(model, context.RequestAborted);
        using var body = await BodyReader.ReadAsync(context.Request, limits, alignAt: 0, context.RequestAborted);
        var inputs = PredictRequestReader.Read(body.Memory.Span, metadata, limits, out var isByRow);
        var request = new InferenceRequest
        {
            Model = model, Inputs = inputs, Timeout = limits.Timeout(null), RouteKey = routeKey,
            Caller = context.Connection.RemoteIpAddress,
        };
        return (request, isByRow);
    }
}
