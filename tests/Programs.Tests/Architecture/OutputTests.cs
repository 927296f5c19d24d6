namespace Krewe.Programs.Tests.Architecture;

/// <summary>Who calls models without running them comes without what runs them.</summary>
public sealed class OutputTests
{
    [Theory]
    [InlineData("src/Gateway", "Krewe.Gateway.dll")]
    [InlineData("samples/DotNetClient", "Krewe.DotNetClient.dll")]
    public void Nothing_that_runs_models_lies_beside_it(string project, string program)
    {
        var files = BuiltFolder.FilesOf(project);
        Assert.Contains(program, files);
        Assert.DoesNotContain(files, file => RunsModels(file));
    }

    [Fact]
    public void A_client_brings_neither_the_http_side_nor_a_native_library()
    {
        var files = BuiltFolder.FilesOf("samples/DotNetClient");
        Assert.DoesNotContain("Krewe.Api.dll", files);
        Assert.DoesNotContain(files, file => IsNative(file));
    }

    [Fact]
    public void The_test_would_see_what_runs_models()
    {
        var files = BuiltFolder.FilesOf("src/Silo");
        Assert.Contains("Krewe.Serving.dll", files.Where(RunsModels));
        Assert.Contains("Krewe.Grains.dll", files.Where(RunsModels));
        Assert.Contains("Krewe.Api.dll", files);
        Assert.Contains(files.Where(RunsModels), IsNative);
    }

    private static bool RunsModels(string file) =>
        file is "Krewe.Serving.dll" or "Krewe.Grains.dll" || file.Contains("onnxruntime", StringComparison.OrdinalIgnoreCase);

    private static bool IsNative(string file) =>
        Path.GetExtension(file) is ".so" or ".dylib" || file.Equals("onnxruntime.dll", StringComparison.OrdinalIgnoreCase);
}
