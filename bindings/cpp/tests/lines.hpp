/* Reads the shared vectors as lines: "path kind count values". See bindings/README.md.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LINES_HPP
#define TESTS_LINES_HPP

#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct entry {
    std::string text;
    std::vector<double> numbers;
    long items = 0;
};

class table {
  public:
    explicit table(const char *path) {
        std::ifstream file(path);
        if (!file) throw std::runtime_error(std::string("cannot read ") + path);
        for (std::string line; std::getline(file, line);) add(line);
    }
    bool has(const std::string &path) const { return entries_.count(path) != 0; }
    const entry &at(const std::string &path) const {
        const auto found = entries_.find(path);
        if (found == entries_.end()) throw std::runtime_error("the vectors have no " + path);
        return found->second;
    }
    std::string text(const std::string &path) const { return at(path).text; }
    double number(const std::string &path, double otherwise) const {
        return has(path) ? at(path).numbers.at(0) : otherwise;
    }
    template <class T> std::vector<T> numbers(const std::string &path) const {
        std::vector<T> made;
        for (double value : at(path).numbers) made.push_back(static_cast<T>(value));
        return made;
    }

  private:
    void add(const std::string &line) {
        std::istringstream words(line);
        std::string path, kind, word;
        entry made;
        words >> path >> kind >> made.items;
        if (kind == "text") {
            words.get();
            std::getline(words, made.text);
        } else if (kind == "numbers") {
            while (words >> word)
                made.numbers.push_back(word == "-inf" ? -std::numeric_limits<double>::infinity()
                                                      : std::strtod(word.c_str(), nullptr));
        }
        entries_[path] = made;
    }
    std::map<std::string, entry> entries_;
};

#endif
