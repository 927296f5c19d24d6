using Krewe.Abstractions.Models;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Inference;

/// <summary>The header with the version that answered an inference, in both protocols.</summary>
internal static class VersionHeader
{
    /// <summary>The header's name.</summary>
    public const string Name = "Krewe-Model-Version";

    /// <summary>Sets the header.</summary>
    public static void Write(HttpResponse response, ModelVersion version) => response.Headers[Name] = version.ToString();
}
