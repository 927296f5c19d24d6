// Loads and runs plain graphs in this process as a silo would, without a guard, and says before each which it is. A parent sees what ends
// it, and what does not come back.
// Arguments: the seed, the first number and the last, and a folder for the file.
using System.Globalization;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.GraphProcess;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Operators;

const int Runs = 6;
int[] numbers = [.. args[..3].Select(static number => int.Parse(number, CultureInfo.InvariantCulture))];
var path = Path.Combine(args[3], $"{Environment.ProcessId}.onnx");
var (opened, answered) = (0, 0);
for (var number = numbers[1]; number <= numbers[2]; number++)
{
    var graph = new HostileGraph(numbers[0], number, OperatorSignature.Known);
    await File.WriteAllBytesAsync(path, graph.Model);
    OnnxFileSummary file;
    try
    {
        file = OnnxFile.Read(path);
    }
    catch (OnnxFileException)
    {
        continue;
    }

    var verdict = HazardAnalysis.Of(file);
    if (verdict.Hazard is not null)
    {
        continue;
    }

    Console.WriteLine($"{number} {string.Join(" + ", graph.Operators)}");
    try
    {
        using var session = LocalGraph.Open(path, ExecutionProvider.Cpu, threads: null, [.. file.Inputs.Select(static input => input.Name)]);
        opened++;
        string[] outputs = [.. file.Outputs.Select(static output => output.Name)];
        for (var run = 0; run < Runs; run++)
        {
            TensorData[] inputs = [.. graph.Inputs().Zip(file.Inputs, static (given, declared) => new TensorData(declared.Type!.Value, given.Shape, given.Data))];
            answered += Run(session, inputs, outputs, verdict.Empty is not null) ? 1 : 0;
        }
    }
    catch (Exception error) when (IsRefusal(error))
    {
    }
}

File.Delete(path);
Console.WriteLine($"done {opened} {answered}");

bool Run(LocalGraph session, TensorData[] inputs, string[] outputs, bool refusesEmpty)
{
    if (refusesEmpty && inputs.Any(static input => input.Data.IsEmpty))
    {
        return false;
    }

    var run = session.BeginRun(isBackground: false);
    try
    {
        foreach (var output in ((IGraph)session).Run(run, inputs, outputs))
        {
            output.Owner.Dispose();
        }

        return true;
    }
    catch (Exception error) when (IsRefusal(error))
    {
        return false;
    }
    finally
    {
        run.Release(wasTerminated: false);
    }
}

static bool IsRefusal(Exception error) => error is GraphException or KreweException;
