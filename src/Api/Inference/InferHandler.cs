using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Bodies;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Inference;

/// <summary>
/// Handles <c>POST /v2/models/{model}[/versions/{version}]/infer</c>. Content type and query string are ignored. Failures are exceptions,
/// which the middleware maps.
/// </summary>
internal sealed class InferHandler(IModelHost host, ApiOptions options)
{
    private readonly ApiLimits limits = options.Limits;

    /// <summary>Handles a call; the route values are <c>model</c> and optionally <c>version</c>.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var model = ModelReference.Parse(
            context.Request.RouteValues["model"] as string, context.Request.RouteValues["version"] as string);
        var call = await ReadAsync(context, model);
        InferenceResponse response;
        using (call.Request)
        {
            call.Request.Caller = context.Connection.RemoteIpAddress;
            response = await host.InferAsync(call.Request, context.RequestAborted);
        }

        using (response)
        {
            VersionHeader.Write(context.Response, response.Model.Version);
            await InferResponseWriter.WriteAsync(context, response, call.Outputs);
        }
    }

    private async ValueTask<InferCall> ReadAsync(HttpContext context, ModelReference model)
    {
        var jsonLength = InferenceHeader.Read(context.Request, limits);
        var routeKey = RouteKey.Read(context.Request, options);
        if (jsonLength is null && BodyReader.TryRead(context.Request, out var arrived))
        {
            try
            {
                return InferRequestReader.Read(model, arrived.FirstSpan, limits, routeKey);
            }
            finally
            {
                context.Request.BodyReader.AdvanceTo(arrived.End);
            }
        }

        var body = await BodyReader.ReadAsync(context.Request, limits, jsonLength ?? 0, context.RequestAborted);
        try
        {
            return jsonLength == 0
                ? RawRequest.Read(model, await host.GetMetadataAsync(model, context.RequestAborted), body, limits, routeKey)
                : InferRequestReader.Read(model, body, jsonLength, limits, routeKey);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }
}
