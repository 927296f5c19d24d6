using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Api.Inference;
using Krewe.Api.Settings;

namespace Krewe.Api.Tests.Fakes;

/// <summary>Reads requests without a server.</summary>
internal static class Read
{
    private static readonly ModelReference Model = ModelReference.Parse("m");

    public static InferCall Infer(string json, ApiLimits? limits = null) => Infer(Encoding.UTF8.GetBytes(json), limits: limits);

    public static InferCall Infer(ReadOnlySpan<byte> bytes, int? jsonLength = null, ApiLimits? limits = null)
    {
        var body = RequestBodies.Of(bytes, jsonLength ?? 0);
        try
        {
            return InferRequestReader.Read(Model, body, jsonLength, limits ?? new ApiLimits());
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The text of the refusal of a request.</summary>
    public static string Refusal(string json, ApiLimits? limits = null) => Refusal(Encoding.UTF8.GetBytes(json), null, limits);

    public static string Refusal(byte[] bytes, int? jsonLength, ApiLimits? limits = null)
    {
        var refusal = Assert.Throws<KreweException>(() => Infer(bytes, jsonLength, limits));
        Assert.Equal(KreweErrorCode.InvalidInput, refusal.Code);
        return refusal.Message;
    }

    /// <summary>A JSON part and what follows it.</summary>
    public static byte[] Join(string json, params byte[][] parts) => [.. Encoding.UTF8.GetBytes(json), .. parts.SelectMany(p => p)];
}
