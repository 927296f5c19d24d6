using Krewe.Abstractions.Models;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Inference;

/// <summary>The header that names the version that answered an inference, alike in both protocols.</summary>
internal static class VersionHeader
{
    /// <summary>Its name.</summary>
    public const string Name = "Krewe-Model-Version";

    /// <summary>Sets it.</summary>
    public static void Write(HttpResponse response, ModelVersion version) => response.Headers[Name] = version.ToString();
}
