using Krewe.Training;
using Krewe.Training.Digits;
using Krewe.Training.HousePrice;
using Krewe.Training.Movies;
using Krewe.Training.Purchase;

// Trains all samples and writes them into a model repository: FOLDER/<name>/1/model.onnx.
var folder = args.Length > 0 ? args[0] : Path.Combine("samples", "models");
ISample[] samples = [new DigitsSample(), new MoviesSample(), new PurchaseSample(), new HousePriceSample()];

foreach (var sample in samples)
{
    Console.WriteLine($"{sample.Name}: training");
    var path = Path.Combine(folder, sample.Name, "1", "model.onnx");
    sample.Train(Console.Out).Save(path);
    Console.WriteLine($"{sample.Name}: {new FileInfo(path).Length:N0} bytes in {path}");
}
