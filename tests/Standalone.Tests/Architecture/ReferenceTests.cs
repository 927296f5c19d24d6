using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Krewe.Standalone.Tests;

/// <summary>Who may know whom; see docs/architecture.md.</summary>
public sealed class ReferenceTests
{
    private static readonly string[] AspNetCore = ["Microsoft.AspNetCore", "Swashbuckle"];
    private static readonly string[] OnnxRuntime = ["Microsoft.ML.OnnxRuntime"];
    private static readonly string[] Orleans = ["Orleans", "Microsoft.Orleans"];

    [Fact]
    public void Abstractions_know_only_the_base_library() => Assert.All(
        ReferencesOf("Krewe.Abstractions"), reference => Assert.StartsWith("System.", reference));

    [Fact]
    public void Rollouts_know_only_the_shared_words_beside_the_base_library() => Assert.All(
        ReferencesOf("Krewe.Rollouts"), reference => Assert.True(reference == "Krewe.Abstractions" || reference.StartsWith("System.", StringComparison.Ordinal), reference));

    [Fact]
    public void Serving_knows_neither_http_nor_orleans_nor_the_api() =>
        AssertKnowsNot("Krewe.Serving", [.. AspNetCore, .. Orleans, "Krewe.Api", "Krewe.Standalone"]);

    [Fact]
    public void The_api_knows_neither_the_runtime_nor_orleans_nor_serving() =>
        AssertKnowsNot("Krewe.Api", [.. OnnxRuntime, .. Orleans, "Krewe.Serving", "Krewe.Standalone"]);

    [Theory]
    [InlineData("Krewe.Standalone")]
    [InlineData("Krewe.Launch")]
    public void The_program_and_what_it_starts_with_know_no_orleans(string assembly) => AssertKnowsNot(assembly, Orleans);

    [Fact]
    public void The_test_would_see_a_reference() => Assert.Contains("Microsoft.ML.OnnxRuntime", ReferencesOf("Krewe.Serving"));

    private static void AssertKnowsNot(string assembly, string[] forbidden) => Assert.All(ReferencesOf(assembly), reference =>
        Assert.DoesNotContain(forbidden, name => reference == name || reference.StartsWith(name + ".", StringComparison.Ordinal)));

    private static List<string> ReferencesOf(string assembly)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
